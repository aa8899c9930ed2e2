#include <cstdio>

long power(long base, unsigned exponent) {
    long result = 1;
    for (; exponent > 0; exponent >>= 1, base *= base) {
        if (exponent & 1) {
            result *= base;
        }
    }
    return result;
}

int main() {
    std::printf("%ld\n", power(2, 10));
}
