#include <cstdio>
#include <cstring>

int main() {
    int vowels = 0;
    for (const char *at = "$text"; *at != 0; ++at) {
        vowels += std::strchr("aeiou", *at) != nullptr;
    }
    std::printf("%d\n", vowels);
}
