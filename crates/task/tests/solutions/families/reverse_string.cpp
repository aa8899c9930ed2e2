#include <cstdio>
#include <string>

int main() {
    std::string text = "$text";
    std::puts(std::string(text.rbegin(), text.rend()).c_str());
}
