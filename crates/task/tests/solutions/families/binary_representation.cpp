#include <cstdio>
#include <string>

int main() {
    std::string digits;
    for (int n = $n; n > 0; n /= 2) {
        digits.insert(0, 1, static_cast<char>('0' + n % 2));
    }
    std::puts(digits.c_str());
}
