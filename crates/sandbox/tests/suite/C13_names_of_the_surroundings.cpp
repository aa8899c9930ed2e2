//: attacks: the surroundings of the build, by macros that name paths and times
//: profile: compile
//: endings: exit 0
//: says: main.cpp
//: never: /root
//: never: cargo
#pragma message(__FILE__ " " __BASE_FILE__ " " __DATE__ " " __TIME__ " " __TIMESTAMP__)
int main() {}
