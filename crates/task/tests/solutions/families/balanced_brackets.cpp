#include <cstdio>
#include <string>

int main() {
    std::string text = "$text";
    for (std::size_t before = text.size() + 1; text.size() < before;) {
        before = text.size();
        for (const char *pair : {"()", "[]", "{}"}) {
            const std::size_t at = text.find(pair);
            if (at != std::string::npos) {
                text.erase(at, 2);
            }
        }
    }
    std::puts(text.empty() ? "yes" : "no");
}
