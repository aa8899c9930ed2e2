#include <cstdio>
#include <string>

int main() {
    const std::string word = "$word";
    std::puts(word == std::string(word.rbegin(), word.rend()) ? "yes" : "no");
}
