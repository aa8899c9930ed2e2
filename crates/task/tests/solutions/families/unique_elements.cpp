#include <cstdio>
#include <set>

int main() {
    std::set<int> seen;
    for (int number : {$numbers}) {
        const bool first = seen.empty();
        if (seen.insert(number).second) {
            std::printf(first ? "%d" : " %d", number);
        }
    }
    std::puts("");
}
