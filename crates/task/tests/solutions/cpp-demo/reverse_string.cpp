#include <algorithm>
#include <iostream>
#include <string>

int main() {
    std::string text = "hello";
    std::reverse(text.begin(), text.end());
    std::cout << text;
}
