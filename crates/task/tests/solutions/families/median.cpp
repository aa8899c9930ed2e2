#include <algorithm>
#include <cstdio>
#include <vector>

int main() {
    std::vector<int> numbers = {$numbers};
    std::nth_element(numbers.begin(), numbers.begin() + numbers.size() / 2, numbers.end());
    std::printf("%d\n", numbers[numbers.size() / 2]);
}
