#include <cstdio>

long power(long base, int exponent) {
    return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

int main() {
    std::printf("%ld\n", power($base, $exponent));
}
