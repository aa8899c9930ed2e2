#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

int main() {
    std::vector<int> numbers = {$numbers};
    std::sort(numbers.begin(), numbers.end(), std::greater<int>());
    std::printf("%d\n", numbers[1]);
}
