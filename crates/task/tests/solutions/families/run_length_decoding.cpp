#include <cstdio>

int main() {
    for (const char *at = "$code"; *at != 0; at += 2) {
        for (int n = at[1] - '0'; n > 0; --n) {
            std::putchar(*at);
        }
    }
    std::puts("");
}
