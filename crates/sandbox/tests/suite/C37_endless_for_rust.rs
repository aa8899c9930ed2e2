//: attacks: the compiler's time and memory, by macros that call themselves, constants and a device
//: profile: compile
//: endings: exit 1, cpu, memory, signal *
//: collect: program
//: collected:
#![recursion_limit = "1000000"]
macro_rules! twice { ($($t:tt)*) => { twice!($($t)* $($t)*) }; }
const ENDLESS: u64 = { let mut i = 0_u64; while i < u64::MAX { i += 1; } i };
const NOISE: &[u8] = include_bytes!("/dev/zero");
fn main() { twice!(x); println!("{ENDLESS} {NOISE:?}"); }
