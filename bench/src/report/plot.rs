//! The plot of what everybody delivers in a second, as SVG.

use super::{Results, number::rough};

const WIDTH: f64 = 840.0;
const BAR: f64 = 24.0;
const STEP: f64 = 36.0;
const LEFT: f64 = 370.0;
const RIGHT: f64 = 100.0;
const TOP: f64 = 40.0;
const SCENARIO: &str = "fanout";
const FIGURE: &str = "deliveries_per_second";

/// One bar for each peer, the longest first.
pub(crate) fn plot(results: &Results) -> String {
    let mut bars: Vec<(&str, f64)> = Vec::new();
    for outcome in results.outcomes.iter().filter(|outcome| outcome.scenario == SCENARIO) {
        let median = results.median(SCENARIO, &outcome.peer, FIGURE);
        if let Some(value) = median.and_then(|outcome| outcome.figure(FIGURE))
            && !bars.iter().any(|(title, _)| *title == outcome.title)
        {
            bars.push((&outcome.title, value));
        }
    }
    bars.sort_by(|a, b| b.1.total_cmp(&a.1));
    let longest = bars.first().map_or(1.0, |(_, value)| value.max(1.0));
    let height = TOP + STEP * bars.len() as f64 + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"24\" font-size=\"15\" font-weight=\"bold\">Deliveries a second: 1 room × 100 members, \
         10 senders flat out</text>\n"
    );
    for (place, (title, value)) in bars.iter().enumerate() {
        let y = TOP + STEP * place as f64;
        let text = y + BAR * 0.7;
        let length = (WIDTH - LEFT - RIGHT) * value / longest;
        let colour = if title.starts_with("Plaza") { "#2f6fab" } else { "#9aa5b1" };
        svg.push_str(&format!(
            "<text x=\"{}\" y=\"{text:.0}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{colour}\"/>\n\
             <text x=\"{:.1}\" y=\"{text:.0}\">{}</text>\n",
            LEFT - 10.0,
            escaped(title),
            LEFT + length + 8.0,
            rough(*value),
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
