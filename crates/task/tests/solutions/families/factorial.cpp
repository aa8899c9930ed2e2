#include <cstdio>

long factorial(int n) {
    return n < 2 ? 1 : n * factorial(n - 1);
}

int main() {
    std::printf("%ld\n", factorial($n));
}
