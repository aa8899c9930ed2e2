//: attacks: files and variables of the host, by the macros that take them in
//: profile: compile
//: endings: exit 1
//: never: root:
//: collect: program
//: collected:
const A: &str = include_str!("/etc/passwd");
const B: &[u8] = include_bytes!("/proc/self/environ");
const C: &str = env!("SECRET_TOKEN");
const D: Option<&str> = option_env!("SECRET_TOKEN");
#[path = "/etc/passwd"]
mod stolen;
fn main() { println!("{A}{B:?}{C}{D:?}"); }
