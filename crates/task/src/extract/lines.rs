//! Programs that begin and end with lines of their own, at the left margin.

/// From the first line that `begins` a program to the last line after it that begins with a closing
/// brace; to the end of the text without one. `None` if no line begins a program.
pub(super) fn between(text: &str, begins: fn(&str) -> bool) -> Option<&str> {
    let mut at = 0;
    let (mut start, mut end) = (None, None);
    for line in text.split_inclusive('\n') {
        if start.is_none() && begins(line) {
            start = Some(at);
        }
        at += line.len();
        if start.is_some() && line.starts_with('}') {
            end = Some(at);
        }
    }
    Some(text[start?..end.unwrap_or(at)].trim_end())
}

/// Whether the line begins with one of these.
pub(super) fn begins_with(line: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|begin| line.starts_with(begin))
}
