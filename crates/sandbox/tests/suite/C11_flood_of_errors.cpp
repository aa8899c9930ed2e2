//: attacks: the supervisor's memory, by a hundred thousand errors
//: profile: compile
//: endings: exit 1, output, cpu, memory
//: collect: program
//: collected:
int main() {
@@20000     unknown_name_of_some_length_that_is_repeated = another_unknown_name + 1;
@@
}
