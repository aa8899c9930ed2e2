#include <algorithm>
#include <cstdio>
#include <vector>

int main() {
    std::vector<int> ends;
    for (int number : {$numbers}) {
        auto place = std::lower_bound(ends.begin(), ends.end(), number);
        if (place == ends.end()) {
            ends.push_back(number);
        } else {
            *place = number;
        }
    }
    std::printf("%d\n", static_cast<int>(ends.size()));
}
