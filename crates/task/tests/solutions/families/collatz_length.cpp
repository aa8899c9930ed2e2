#include <cstdio>

int main() {
    int steps = 0;
    for (long n = $n; n != 1; ++steps) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    }
    std::printf("%d\n", steps);
}
