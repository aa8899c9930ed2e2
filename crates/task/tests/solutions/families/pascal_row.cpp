#include <cstdio>

int main() {
    long value = 1;
    for (int k = 0; k <= $n; ++k) {
        std::printf(k == 0 ? "%ld" : " %ld", value);
        value = value * ($n - k) / (k + 1);
    }
    std::puts("");
}
