#include <cstdio>
#include <string>
#include <vector>

int main() {
    const std::vector<std::string> words = {$words};
    std::string prefix = words[0];
    for (const std::string &word : words) {
        while (word.compare(0, prefix.size(), prefix) != 0) {
            prefix.pop_back();
        }
    }
    std::puts(prefix.c_str());
}
