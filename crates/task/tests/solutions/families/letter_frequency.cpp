#include <algorithm>
#include <cstdio>
#include <string>

int main() {
    const std::string text = "$text";
    std::printf("%d\n", static_cast<int>(std::count(text.begin(), text.end(), '$letter')));
}
