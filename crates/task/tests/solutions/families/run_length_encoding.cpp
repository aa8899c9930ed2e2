#include <cstdio>

int main() {
    const char *text = "$text";
    while (*text != 0) {
        const char *end = text;
        while (*end == *text) {
            ++end;
        }
        std::printf("%c%d", *text, static_cast<int>(end - text));
        text = end;
    }
    std::puts("");
}
