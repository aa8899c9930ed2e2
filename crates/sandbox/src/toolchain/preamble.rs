//! The headers with which a C++ program begins.
//!
//! Only what is certain counts: lines from the very first on that are blank, a plain comment, or one
//! `#include <...>` of a header of the standard library or of POSIX. At the first line that is anything
//! else the preamble is over, so a macro defined before an include ends it, as does a byte order mark.
//! A backslash could join lines and a bidirectional mark in a comment is a warning; a line with a
//! character outside of printable ASCII ends it too. The lines stay where they are: the text that is
//! compiled is never changed.

/// Every header that may be compiled beforehand. No other name ever reaches the cache.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "algorithm", "any", "array", "atomic", "bitset", "bits/stdc++.h", "cassert", "cctype", "cerrno",
    "cfenv", "cfloat", "charconv", "chrono", "cinttypes", "climits", "clocale", "cmath", "codecvt",
    "complex", "condition_variable", "csetjmp", "csignal", "cstdarg", "cstddef", "cstdint", "cstdio",
    "cstdlib", "cstring", "ctime", "cuchar", "cwchar", "cwctype", "deque", "exception", "execution",
    "filesystem", "forward_list", "fstream", "functional", "future", "initializer_list", "iomanip",
    "ios", "iosfwd", "iostream", "istream", "iterator", "limits", "list", "locale", "map", "memory",
    "memory_resource", "mutex", "new", "numeric", "optional", "ostream", "queue", "random", "ratio",
    "regex", "scoped_allocator", "set", "shared_mutex", "sstream", "stack", "stdexcept", "streambuf",
    "string", "string_view", "strstream", "system_error", "thread", "tuple", "type_traits", "typeindex",
    "typeinfo", "unordered_map", "unordered_set", "utility", "valarray", "variant", "vector",
    "assert.h", "complex.h", "ctype.h", "errno.h", "fenv.h", "float.h", "inttypes.h", "iso646.h",
    "limits.h", "locale.h", "math.h", "setjmp.h", "signal.h", "stdalign.h", "stdarg.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "tgmath.h", "time.h", "uchar.h",
    "wchar.h", "wctype.h",
    "dirent.h", "fcntl.h", "pthread.h", "sched.h", "semaphore.h", "strings.h", "sys/stat.h",
    "sys/time.h", "sys/types.h", "sys/wait.h", "unistd.h",
];

/// The headers of the preamble, in their order.
pub(super) fn headers(source: &str) -> Vec<&'static str> {
    let mut headers = Vec::new();
    for line in source.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if !line.bytes().all(is_plain) {
            break;
        }
        let line = line.trim_matches([' ', '\t']);
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let Some(header) = included(line) else { break };
        headers.push(header);
    }
    headers
}

/// Printable ASCII and tabs, without what could be a line splice, written out or as a trigraph.
fn is_plain(byte: u8) -> bool {
    (byte == b'\t' || (b' '..=b'~').contains(&byte)) && byte != b'\\' && byte != b'?'
}

/// The known header that a line includes, if it does nothing else.
fn included(line: &str) -> Option<&'static str> {
    let blank = [' ', '\t'];
    let directive = line.strip_prefix('#')?.trim_start_matches(blank);
    let words = directive.strip_prefix("include")?.trim_start_matches(blank);
    let (name, rest) = words.strip_prefix('<')?.split_once('>')?;
    let rest = rest.trim_start_matches(blank);
    let known = KNOWN.iter().find(|known| **known == name)?;
    (rest.is_empty() || rest.starts_with("//")).then_some(*known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preamble_is_its_includes_in_their_order() {
        for (source, expected) in [
            (
                "#include <vector>\n#include <map>\nint main() {}",
                &["vector", "map"][..],
            ),
            (
                "// a\n\n  # include\t<vector> // b\r\n#include<map>",
                &["vector", "map"],
            ),
            (
                "#include <vector>\nusing namespace std;\n#include <map>",
                &["vector"],
            ),
            ("#include <bits/stdc++.h>", &["bits/stdc++.h"]),
        ] {
            assert_eq!(headers(source), expected, "{source:?}");
        }
    }

    #[test]
    fn whatever_could_mean_something_else_ends_it() {
        for first in [
            "#define NDEBUG",
            "#include \"vector\"",
            "#include </etc/passwd>",
            "#include <../vector>",
            "#include <vector.h>",
            "#include <vector >",
            "#include <vector> int x;",
            "#include <vector> /* a",
            "#include_next <vector>",
            "#import <vector>",
            "%:include <vector>",
            "#pragma once",
            "#if 0",
            "/* a",
            "// joins \\",
            "// joins ??/",
            "// \u{202e}",
            "// a\rb",
            "\u{feff}",
            "\u{c}",
            "int x;",
            "auto s = R\"(",
            "#inc\\",
        ] {
            let source = format!("{first}\n#include <map>\nint main() {{}}");
            assert_eq!(headers(&source), [""; 0], "{source:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(source in "([#<> \\\\\n\r/*?]|include|vector|é){0,40}") {
            headers(&source);
        }
    }
}
