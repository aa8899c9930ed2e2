//! Two answers to one problem, put beside each other: what a reader does, and what must be seen then.

use std::path::Path;

use serde_json::{Value, json};

use crate::webdriver::Browser;
use crate::{shown, wait};

/// The code of the first model's answers, of the second's, and what tells them apart.
const FIRST: &str = "one\ntwo\n<b>three</b>\n";
const SECOND: &str = "one\n2\n<b>three</b>\nfour";
const BETWEEN: [(&str, &str); 5] = [
    ("SPAN", "  one"),
    ("DEL", "- two"),
    ("INS", "+ 2"),
    ("SPAN", "  <b>three</b>"),
    ("INS", "+ four"),
];

/// The first attempt is open: the other model's answer is chosen, and both are there line by line.
pub(crate) fn an_answer_is_put_beside_the_other_models(browser: &Browser) {
    let offered = browser
        .eval("return [...document.querySelectorAll('.beside option')].map((o) => o.textContent)");
    let offered: Vec<String> = serde_json::from_value(offered).unwrap();
    assert_eq!(
        offered.len(),
        2,
        "nothing, and the one other answer: {offered:?}"
    );
    assert!(
        offered[0] == "nothing" && offered[1].contains("other #0"),
        "{offered:?}"
    );
    browser.click(".beside option:nth-child(2)");
    wait(browser, "document.querySelector('.beside .diff')");
    let answers = browser.eval(
        "const mine = document.querySelector('.sample');
         const theirs = [...document.querySelectorAll('.sample')].find((sample) => sample !== mine
           && ['suite', 'problem', 'attempt'].every((key) => sample.dataset[key] === mine.dataset[key]));
         const kind = document.querySelector('.beside h4').textContent.startsWith('code') ? 'pre > code' : 'pre:last-of-type';
         return [mine, theirs].map((sample) => sample.querySelector(':scope > ' + kind).textContent.replace(/\\n$/, ''))",
    );
    let lines = lines(browser);
    for (at, without) in [(0, "INS"), (1, "DEL")] {
        let of_it = lines.iter().filter(|(tag, _)| tag != without);
        let text: Vec<&str> = of_it.map(|(_, line)| &line[2..]).collect();
        assert_eq!(
            answers[at],
            text.join("\n"),
            "every line of it, in its order"
        );
    }
    for (tag, line) in &lines {
        let sign = match tag.as_str() {
            "INS" => "+ ",
            "DEL" => "- ",
            _ => "  ",
        };
        assert!(line.starts_with(sign), "a sign beside the colour: {line}");
    }
    assert!(
        lines.iter().any(|(tag, _)| tag == "INS") && lines.iter().any(|(tag, _)| tag == "DEL"),
        "two models never wrote the same: {lines:?}"
    );
    browser.type_into("#find", "put beside");
    assert_eq!(shown(browser).0, 0, "the page's own words are not found");
    browser.eval(
        "const field = document.getElementById('find'); field.value = '';
         field.dispatchEvent(new Event('input', {bubbles: true}))",
    );
    browser.click(".beside option:first-child");
    wait(browser, "!document.querySelector('.beside .diff')");
}

/// The first attempt is open: what was asked stands above it, as the record has it.
pub(crate) fn what_was_asked_stands_above_the_answer(browser: &Browser, run: &Path) {
    wait(browser, "document.querySelector('.sample .task')");
    let seen = browser.eval(
        "const sample = document.querySelector('.sample');
         return [sample.dataset.suite, sample.dataset.problem, sample.querySelector('.task pre').textContent,
           sample.querySelector('.task pre').checkVisibility(), document.querySelectorAll('.task').length]",
    );
    let record = std::fs::read_to_string(run.join("run.json")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let of = |list: &Value, key: &str, name: &Value| -> Value {
        let mut list = list.as_array().unwrap().iter();
        list.find(|one| one[key] == *name).unwrap().clone()
    };
    let suite = of(&record["suites"], "name", &seen[0]);
    let problem = of(&suite["problems"], "id", &seen[1]);
    let asked = problem["prompt"].as_str().unwrap();
    // A leading line break inside of <pre> would be markup's; this one was put in by the script.
    assert_eq!(seen[2].as_str().unwrap(), asked);
    assert_eq!((&seen[3], &seen[4]), (&json!(true), &json!(1)));
}

/// Gives each model's programs a known text, in the records.
pub(crate) fn write_known_programs(run: &Path) {
    let path = run.join("verdicts.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut out = String::new();
    for line in text.lines() {
        let mut verdict: Value = serde_json::from_str(line).unwrap();
        if verdict["key"]["suite"] == "cpp-demo" {
            let is_first = verdict["key"]["model"] == "toy";
            verdict["code"] = if is_first { FIRST } else { SECOND }.into();
        }
        out.push_str(&format!("{verdict}\n"));
    }
    std::fs::write(path, out).unwrap();
}

/// Of many attempts, with the programs of [`write_known_programs`].
pub(crate) fn known_programs_differ_by_known_lines(browser: &Browser) {
    browser.eval(
        "for (const [id, value] of [['find', ''], ['by-model', 'toy'], ['by-suite', 'cpp-demo']])
           document.getElementById(id).value = value;
         document.getElementById('filter').dispatchEvent(new Event('input', {bubbles: true}))",
    );
    wait(
        browser,
        "document.getElementById('shown').textContent === '300 of 1200'",
    );
    let first = "document.querySelector('.sample')";
    if browser.eval(&format!("return {first}.open")) == false {
        browser.click(".sample summary");
    }
    wait(browser, "document.querySelector('.sample .beside')");
    let next = browser.eval(&format!(
        "return [{first}.querySelector('.where .faint').textContent, {first}.querySelectorAll('option')[1].textContent]"
    ));
    let number = next[0].as_str().unwrap();
    let wanted = format!("other {number} · ");
    assert!(
        next[1].as_str().unwrap().starts_with(&wanted),
        "the other model's answer with the same number comes first: {next}"
    );
    browser.click(".sample .beside option:nth-child(2)");
    wait(browser, "document.querySelector('.beside .diff')");
    let between: Vec<(String, String)> = BETWEEN.map(|(a, b)| (a.into(), b.into())).into();
    assert_eq!(lines(browser), between);
    let said = browser.eval("return document.querySelector('.beside p').textContent");
    assert_eq!(
        said,
        "lines only in the first: 1, only in the second: 2, in both: 2"
    );
    it_can_be_read_on_light_dark_and_paper(browser);
}

/// Every line of a comparison with its element's name.
fn lines(browser: &Browser) -> Vec<(String, String)> {
    let lines = browser.eval(
        "return [...document.querySelector('.beside .diff').children].map((line) => [line.tagName, line.textContent])",
    );
    serde_json::from_value(lines).unwrap()
}

/// The contrast that WCAG 2 asks of small text, for both kinds of lines, whichever way the page is looked at.
fn it_can_be_read_on_light_dark_and_paper(browser: &Browser) {
    let scheme = |value: &str| json!([{"name": "prefers-color-scheme", "value": value}]);
    let ways = [
        json!({"media": "screen", "features": scheme("light")}),
        json!({"media": "screen", "features": scheme("dark")}),
        json!({"media": "print", "features": scheme("dark")}),
    ];
    let mut papers = Vec::new();
    for way in ways {
        let emulate = json!({"cmd": "Emulation.setEmulatedMedia", "params": way});
        browser.post("goog/cdp/execute", &emulate);
        let seen = browser.eval(
            "const light = (colour) => {
               const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
                 .map((part) => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
               return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2];
             };
             const contrast = (tag) => {
               const style = getComputedStyle(document.querySelector('.diff ' + tag));
               const [a, b] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
               return (a + .05) / (b + .05);
             };
             return [contrast('ins'), contrast('del'), document.querySelector('.diff').checkVisibility(),
               document.querySelector('.beside label').checkVisibility(), getComputedStyle(document.body).backgroundColor]",
        );
        assert!(
            seen[0].as_f64() >= Some(4.5) && seen[1].as_f64() >= Some(4.5),
            "{way}: {seen}"
        );
        assert_eq!(seen[2], true, "{way}");
        assert_eq!(
            seen[3],
            way["media"] == "screen",
            "paper has nothing to choose"
        );
        papers.push(seen[4].to_string());
    }
    assert_ne!(papers[0], papers[1], "dark is another page than light");
    assert_eq!(papers[0], papers[2], "paper is white");
    let back =
        json!({"cmd": "Emulation.setEmulatedMedia", "params": {"media": "", "features": []}});
    browser.post("goog/cdp/execute", &back);
}
