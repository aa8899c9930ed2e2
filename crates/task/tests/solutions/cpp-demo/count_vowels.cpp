#include <iostream>
#include <string>

int main() {
    std::string text = "hello world";
    int vowels = 0;
    for (char letter : text) {
        vowels += std::string("aeiou").find(letter) != std::string::npos;
    }
    std::cout << vowels << '\n';
}
