#include <cstdio>
#include <string>

int main() {
    const char *thousands[] = {"", "M", "MM", "MMM"};
    const char *hundreds[] = {"", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"};
    const char *tens[] = {"", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"};
    const char *ones[] = {"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"};
    const int n = $n;
    std::printf("%s%s%s%s\n", thousands[n / 1000], hundreds[n / 100 % 10], tens[n / 10 % 10], ones[n % 10]);
}
