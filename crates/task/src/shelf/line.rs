//! One problem of a file as fields that were not looked into yet.
//!
//! Values stay text until somebody asks for them: the inputs of EvalPlus hold numbers that no type here
//! could hold, and go to the checker as they are.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields of one problem.
pub(crate) struct Line<'text> {
    /// Counted from 1; in a list, the problem's place.
    pub(crate) number: usize,
    fields: BTreeMap<String, &'text RawValue>,
}

/// Every problem, or the number of the first that is no JSON object and why.
pub(crate) fn lines(text: &str) -> Result<Vec<Line<'_>>, (usize, String)> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let all: Vec<BTreeMap<String, &RawValue>> =
            serde_json::from_str(text).map_err(|error| (0, error.to_string()))?;
        let line = |(at, fields)| Line {
            number: at + 1,
            fields,
        };
        return Ok(all.into_iter().enumerate().map(line).collect());
    }
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            let number = at + 1;
            serde_json::from_str(line)
                .map(|fields| Line { number, fields })
                .map_err(|error| (number, error.to_string()))
        })
        .collect()
}

impl<'text> Line<'text> {
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|&name| self.fields.contains_key(name))
    }

    /// The field as it stands in the file.
    pub(crate) fn raw(&self, name: &str) -> Result<&'text str, String> {
        let value = self.fields.get(name);
        value
            .map(|value| value.get())
            .ok_or_else(|| format!("the field `{name}` is missing"))
    }

    pub(crate) fn get<T: Deserialize<'text>>(&self, name: &str) -> Result<T, String> {
        serde_json::from_str(self.raw(name)?).map_err(|error| format!("`{name}`: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, String> {
        self.get(name)
    }

    /// A text that may be missing or null.
    pub(crate) fn text_or_empty(&self, name: &str) -> Result<String, String> {
        match self.has(&[name]) {
            true => Ok(self.get::<Option<String>>(name)?.unwrap_or_default()),
            false => Ok(String::new()),
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        self.get(name)
    }

    /// A list of texts that may be missing.
    pub(crate) fn texts_or_none(&self, name: &str) -> Result<Vec<String>, String> {
        match self.has(&[name]) {
            true => self.texts(name),
            false => Ok(Vec::new()),
        }
    }

    /// The problem's id, whatever the shape calls it. MBPP's are bare numbers; they get the name that
    /// EvalPlus gives them.
    pub(crate) fn id(&self) -> Result<String, String> {
        let name = ["task_id", "id", "name"]
            .into_iter()
            .find(|name| self.has(&[name]));
        let raw = self.raw(name.unwrap_or("task_id"))?;
        match raw.parse::<u64>() {
            Ok(number) => Ok(format!("Mbpp/{number}")),
            Err(_) => self.get(name.unwrap_or("task_id")),
        }
    }

    /// The whole problem in our own form.
    pub(crate) fn own(&self) -> Result<crate::problem::Problem, String> {
        let text = serde_json::to_string(&self.fields).map_err(|error| error.to_string())?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}
