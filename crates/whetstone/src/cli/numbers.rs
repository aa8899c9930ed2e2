//! Numbers on the command line: one, or a range of them.

use std::str::FromStr;

/// One number or a range: `512`, `128-2048*2` (doubling), `256-1024+256` (in steps), `1-4` (each).
/// Both ends belong to it, the last one if the steps meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers(Vec<usize>);

impl Numbers {
    /// Every number of a list, in its order, each once.
    pub(crate) fn all(list: &[Numbers]) -> Vec<usize> {
        let mut all = Vec::new();
        for number in list.iter().flat_map(|numbers| &numbers.0) {
            if !all.contains(number) {
                all.push(*number);
            }
        }
        all
    }
}

/// More numbers than any sweep has.
const MOST: usize = 1_000;

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |word: &str| {
            word.trim().parse::<usize>().map_err(|_| {
                format!("`{word}` is no number; write 512, 128-2048*2 or 256-1024+256")
            })
        };
        let Some((first, rest)) = text.split_once('-') else {
            return Ok(Numbers(vec![number(text)?]));
        };
        let first = number(first)?;
        let (last, next): (usize, Box<dyn Fn(usize) -> Option<usize>>) =
            if let Some((last, factor)) = rest.split_once('*') {
                let factor = number(factor)?;
                (number(last)?, Box::new(move |n| n.checked_mul(factor)))
            } else if let Some((last, step)) = rest.split_once('+') {
                let step = number(step)?;
                (number(last)?, Box::new(move |n| n.checked_add(step)))
            } else {
                (number(rest)?, Box::new(|n| n.checked_add(1)))
            };
        if last < first {
            return Err(format!(
                "{first}-{last} runs backwards; write the smaller number first"
            ));
        }
        let mut numbers = Vec::new();
        let mut at = Some(first);
        while let Some(n) = at.filter(|n| *n <= last) {
            if numbers.last() == Some(&n) {
                return Err(format!(
                    "`{text}` never gets beyond {n}; use a larger step or factor"
                ));
            }
            if numbers.len() == MOST {
                return Err(format!(
                    "`{text}` has more than {MOST} numbers; use a larger step"
                ));
            }
            numbers.push(n);
            at = next(n);
        }
        Ok(Numbers(numbers))
    }
}

/// A cache type by its own name, whichever of its names is given: a report has one for each.
pub(super) fn cache_type(text: &str) -> Result<String, String> {
    let kind: engine::CacheKind = text.parse()?;
    Ok(kind.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Result<Vec<usize>, String> {
        text.parse::<Numbers>().map(|numbers| numbers.0)
    }

    #[test]
    fn one_number_and_each_kind_of_range() {
        assert_eq!(numbers("512").unwrap(), [512]);
        assert_eq!(numbers("128-2048*2").unwrap(), [128, 256, 512, 1024, 2048]);
        assert_eq!(numbers("100-500*3").unwrap(), [100, 300]);
        assert_eq!(numbers("256-1024+256").unwrap(), [256, 512, 768, 1024]);
        assert_eq!(numbers("1-4").unwrap(), [1, 2, 3, 4]);
        assert_eq!(numbers("7-7").unwrap(), [7]);
    }

    #[test]
    fn what_is_no_range_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "no number"),
            ("many", "no number"),
            ("-5", "no number"),
            ("1-", "no number"),
            ("1-8*", "no number"),
            ("8-1", "backwards"),
            ("1-8*1", "never gets beyond 1"),
            ("0-8*2", "never gets beyond 0"),
            ("1-8+0", "never gets beyond 1"),
            ("1-100000", "more than 1000"),
            ("99999999999999999999999", "no number"),
        ] {
            let said = numbers(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
        let wide = format!("1-{}*2", usize::MAX);
        assert_eq!(numbers(&wide).unwrap().len(), usize::BITS as usize);
    }

    #[test]
    fn a_cache_type_has_one_name_whichever_is_given() {
        for (given, own) in [
            ("fp16", "f16"),
            ("f16", "f16"),
            ("q8", "q8_0"),
            ("q4", "q4_0"),
        ] {
            assert_eq!(cache_type(given).unwrap(), own);
        }
        assert!(cache_type("fp8").unwrap_err().contains("q8_0"));
    }

    #[test]
    fn a_list_keeps_its_order_and_names_nothing_twice() {
        let list = ["4", "1-4*2", "3"].map(|text| text.parse().unwrap());
        assert_eq!(Numbers::all(&list), [4, 1, 2, 3]);
    }
}
