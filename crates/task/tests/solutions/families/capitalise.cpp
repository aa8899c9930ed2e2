#include <cctype>
#include <cstdio>

int main() {
    char before = ' ';
    for (const char *at = "$text"; *at != 0; ++at) {
        std::putchar(before == ' ' ? std::toupper(*at) : *at);
        before = *at;
    }
    std::puts("");
}
