#include <algorithm>
#include <cstdio>
#include <iterator>

int main() {
    const int numbers[] = {3, 1, 4, 1, 5, 9, 2, 6};
    std::printf("%d\n", *std::max_element(std::begin(numbers), std::end(numbers)));
}
