#include <cstdio>

int main() {
    const int year = $year;
    bool leap = year % 4 == 0;
    if (year % 100 == 0) {
        leap = year % 400 == 0;
    }
    std::puts(leap ? "yes" : "no");
}
