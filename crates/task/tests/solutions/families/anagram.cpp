#include <algorithm>
#include <cstdio>
#include <string>

int main() {
    std::string left = "$left", right = "$right";
    const bool same = left.size() == right.size() && std::is_permutation(left.begin(), left.end(), right.begin());
    std::puts(same ? "yes" : "no");
}
