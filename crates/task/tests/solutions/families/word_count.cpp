#include <cstdio>
#include <sstream>
#include <string>

int main() {
    std::istringstream text("$text");
    std::string word;
    int words = 0;
    while (text >> word) {
        ++words;
    }
    std::printf("%d\n", words);
}
