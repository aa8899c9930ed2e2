//! Ranges, ticks and the drawing's root element.

use super::{range, round_step, svg, tick};
use crate::chart::{Bar, ChartSpec, Group, Panel, Plane, PlaneSpec, Series, Stacking, Trace};

fn panel(bars: Vec<Option<Bar>>, stacking: Stacking) -> Panel {
    Panel {
        title: "Speed <b>".into(),
        axis: "tokens per second".into(),
        across: "prompt (tokens)".into(),
        stacking,
        series: (0..bars.len())
            .map(|colour| Series {
                name: format!("m{colour} & co"),
                colour,
            })
            .collect(),
        groups: vec![Group {
            label: "512".into(),
            bars,
        }],
        ceiling: None,
    }
}

fn bar(value: f64, interval: Option<(f64, f64)>) -> Option<Bar> {
    Some(Bar { value, interval })
}

#[test]
fn no_error_bar_is_cut_by_the_upper_end() {
    for hi in [53.0, 99.9, 100.0, 101.0, 1e-6, 7e9] {
        let (top, step) = range(&panel(
            vec![bar(hi / 2.0, Some((0.0, hi)))],
            Stacking::Beside,
        ));
        assert!(
            top >= hi && top <= hi + step,
            "{hi}: {top} in steps of {step}"
        );
    }
}

#[test]
fn a_bar_without_an_interval_has_no_error_bar_beside_one_that_has() {
    let lines = |bars: Vec<Option<Bar>>| {
        let panels = vec![panel(bars, Stacking::Beside)];
        let spec = ChartSpec {
            stem: "x".into(),
            title: "x".into(),
            panels,
        };
        let drawn = svg(&spec);
        assert!(!drawn.contains("NaN"), "{drawn}");
        drawn.matches("<line ").count()
    };
    let (known, unknown) = (bar(5.0, Some((4.0, 6.0))), bar(6.0, None));
    let without = lines(vec![unknown, unknown]);
    assert_eq!(
        lines(vec![known, unknown]),
        without + 3,
        "a whisker and its two ends"
    );
    assert_eq!(lines(vec![known, known]), without + 6);
}

#[test]
fn a_stack_is_as_high_as_its_sum() {
    let (top, _) = range(&panel(
        vec![bar(60.0, None), bar(50.0, None)],
        Stacking::Stacked,
    ));
    assert!(top >= 110.0);
}

#[test]
fn an_all_zero_panel_still_has_a_range() {
    assert_eq!(
        range(&panel(vec![bar(0.0, None)], Stacking::Beside)),
        (0.0, 1.0)
    );
    assert_eq!(round_step(0.0), 1.0);
}

#[test]
fn steps_are_round_and_their_ticks_exact() {
    assert_eq!(
        [0.9, 1.0, 1.1, 2.2, 2.6, 5.1, 23.0].map(round_step),
        [1.0, 1.0, 2.0, 2.5, 5.0, 10.0, 25.0]
    );
    assert_eq!(
        (
            tick(7.5, 2.5).as_str(),
            tick(20.0, 10.0).as_str(),
            tick(0.3, 0.05).as_str()
        ),
        ("7.5", "20", "0.30")
    );
}

#[test]
fn the_drawing_is_one_element_with_a_view_box_and_its_names_are_escaped() {
    let spec = ChartSpec {
        stem: "x".into(),
        title: "Speed".into(),
        panels: vec![panel(
            vec![bar(3.0, Some((2.0, 4.0))), None],
            Stacking::Beside,
        )],
    };
    let text = svg(&spec);
    assert!(
        text.starts_with("<svg role=\"img\" aria-label=\"Speed\" viewBox=\"0 0 "),
        "{}",
        &text[..120]
    );
    assert!(
        text.contains("m0 &amp; co")
            && text.contains("Speed &lt;b&gt;")
            && text.contains("tokens per second")
    );
    assert!(!text.contains("NaN") && !text.contains("style="));
}

#[test]
fn the_same_chart_drawn_twice_is_the_same_text() {
    let draw = || {
        let panels = vec![
            panel(vec![bar(3.0, None)], Stacking::Beside),
            panel(vec![bar(4.0, None)], Stacking::Beside),
        ];
        svg(&ChartSpec {
            stem: "x".into(),
            title: "Speed".into(),
            panels,
        })
    };
    let first = draw();
    assert_eq!(first, draw());
    assert!(
        first.contains("clip-x-0") && first.contains("clip-x-1") && !first.contains("kuva-clip")
    );
}

#[test]
fn every_bar_says_whose_it_is_and_its_number_while_a_pointer_rests_on_it() {
    for stacking in [Stacking::Beside, Stacking::Stacked] {
        let mut both = panel(vec![bar(3.0, Some((2.0, 4.5))), bar(0.5, None)], stacking);
        both.series[0].name = "</title><script>".into();
        both.groups.push(Group {
            label: "2048".into(),
            bars: vec![None, bar(7.0, None)],
        });
        let panels = vec![both.clone(), both];
        let text = svg(&ChartSpec {
            stem: "x".into(),
            title: "Speed".into(),
            panels,
        });
        let titles: Vec<&str> = text.split("<title>").skip(1).collect();
        let said = |at: usize| titles[at].split_once("</title></rect>").unwrap().0;
        assert_eq!(titles.len(), 2 * 4, "{text}");
        for first in [0, 4] {
            assert_eq!(
                said(first),
                "&lt;/title&gt;&lt;script&gt; · prompt (tokens) 512 · tokens per second 3.0 [2.0, 4.5]"
            );
            assert_eq!(
                said(first + 1),
                "m1 & co · prompt (tokens) 512 · tokens per second 0.5000".replace('&', "&amp;")
            );
            assert_eq!(said(first + 2), "", "nothing was measured there");
            assert!(
                said(first + 3).ends_with("2048 · tokens per second 7"),
                "{text}"
            );
        }
    }
}

#[test]
fn every_point_says_where_it_is() {
    let trace = |name: &str| Trace {
        name: name.into(),
        colour: 0,
        joined: true,
        points: vec![(512.0, 20.0), (2048.0, 10.0)],
        intervals: vec![Some((18.0, 22.0)), None],
        labels: Vec::new(),
    };
    let plane = Plane {
        title: "Speed".into(),
        across: "context (tokens)".into(),
        doubling: true,
        up: "tok/s".into(),
        traces: vec![trace("a"), trace("b")],
    };
    let drawn = PlaneSpec {
        stem: "x".into(),
        title: "Speed".into(),
        panels: vec![plane],
    }
    .drawn();
    let places = drawn.svg.split("<circle cx=\"").skip(1);
    let places: std::collections::BTreeSet<&str> =
        places.map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(
        places.len() >= 4,
        "the two traces stand beside each other: {places:?}"
    );
    let said: Vec<&str> = drawn
        .svg
        .split("<title>")
        .skip(1)
        .map(|rest| rest.split_once("</title></circle>").unwrap().0)
        .collect();
    let wanted = ["a", "b"].map(|name| {
        [
            format!("{name} · context (tokens) 512 · tok/s 20.0 [18.0, 22.0]"),
            format!("{name} · context (tokens) 2048 · tok/s 10"),
        ]
    });
    assert_eq!(said, wanted.concat());
}
