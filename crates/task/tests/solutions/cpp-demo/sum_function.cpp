#include <cstdio>

int sum(int left, int right) {
    return left + right;
}

int main() {
    std::printf("%d\n", sum(5, 3));
}
