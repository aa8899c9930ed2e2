#include <algorithm>
#include <cstdio>
#include <iterator>

int main() {
    const int numbers[] = {$numbers};
    std::printf("%d\n", *std::max_element(std::begin(numbers), std::end(numbers)));
}
