//: attacks: the linker and the surroundings, by attributes that name libraries and arguments
//: profile: compile
//: endings: exit 1
//: never: root:
//: collect: program
//: collected:
#![feature(link_args)]
#[link(name = "/etc/passwd", kind = "static")]
#[link(name = "c", kind = "raw-dylib")]
extern "C" {}
std::arch::global_asm!(".incbin \"/etc/shadow\"");
fn main() {}
