#include <cstdio>

int main() {
    std::puts("$text");
}
