#include <cctype>
#include <cstdio>

int main() {
    for (const char *at = "$text"; *at != 0; ++at) {
        std::putchar(std::islower(*at) ? 'a' + (*at - 'a' + $shift) % 26 : *at);
    }
    std::puts("");
}
