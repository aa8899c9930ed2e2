#include <cstdio>

int add(int left, int right) {
    return left + right;
}

int main() {
    std::printf("%d\n", add($a, $b));
}
