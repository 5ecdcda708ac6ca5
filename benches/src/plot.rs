//! Two lines over one axis, as SVG.

use std::fmt::Write;

/// One diagram: what we spend and what they spend, over what grows.
pub struct Plot<'a> {
    pub title: &'a str,
    pub across: &'a str,
    pub points: Vec<Point>,
}

#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub x: f64,
    pub ours: f64,
    pub theirs: f64,
}

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 45.0;

/// The diagrams side by side. Their own colours for a light and a dark page.
pub fn svg(plots: &[Plot<'_>]) -> String {
    let width = WIDTH * plots.len() as f64;
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" font-family="sans-serif" font-size="12">
<style>text {{ fill: #24292f }} .grid {{ stroke: #d0d7de }} .ours {{ stroke: #0969da; fill: #0969da }} .theirs {{ stroke: #cf222e; fill: #cf222e }} polyline {{ fill: none !important; stroke-width: 2 }} text.ours, text.theirs {{ stroke: none }} @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3 }} .grid {{ stroke: #30363d }} .ours {{ stroke: #58a6ff; fill: #58a6ff }} .theirs {{ stroke: #ff7b72; fill: #ff7b72 }} }}</style>
"#
    );
    for (at, plot) in plots.iter().enumerate() {
        writeln!(out, r#"<g transform="translate({} 0)">"#, WIDTH * at as f64).expect("writing to a string");
        plot.draw(&mut out).expect("writing to a string");
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

impl Plot<'_> {
    /// One of the lines.
    pub fn over(&self, value: impl Fn(&Point) -> f64) -> Vec<(f64, f64)> {
        self.points.iter().map(|point| (point.x, value(point))).collect()
    }

    fn draw(&self, out: &mut String) -> std::fmt::Result {
        let (widest, highest) = self
            .points
            .iter()
            .fold((0.0_f64, 0.0_f64), |(x, y), point| (x.max(point.x), y.max(point.ours).max(point.theirs)));
        let (step_x, step_y) = (step(widest), step(highest));
        let (end_x, end_y) = ((widest / step_x).ceil() * step_x, (highest / step_y).ceil() * step_y);
        let x = |value: f64| LEFT + value / end_x * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - value / end_y * (HEIGHT - TOP - BOTTOM);

        writeln!(out, r#"<text x="{LEFT}" y="20" font-weight="bold">{}</text>"#, self.title)?;
        let (right, bottom, base) = (WIDTH - RIGHT, y(0.0), y(0.0) + 16.0);
        for tick in 0..=(end_y / step_y).round() as u32 {
            let value = step_y * f64::from(tick);
            let at = y(value);
            writeln!(out, r#"<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1}" y2="{at:.1}"/>"#)?;
            writeln!(out, r#"<text x="{}" y="{:.1}" text-anchor="end">{}</text>"#, LEFT - 6.0, at + 4.0, short(value))?;
        }
        for tick in 0..=(end_x / step_x).round() as u32 {
            let value = step_x * f64::from(tick);
            let at = x(value);
            writeln!(out, r#"<line class="grid" x1="{at:.1}" x2="{at:.1}" y1="{TOP}" y2="{bottom:.1}"/>"#)?;
            writeln!(out, r#"<text x="{at:.1}" y="{base:.1}" text-anchor="middle">{}</text>"#, short(value))?;
        }
        let middle = (LEFT + right) / 2.0;
        writeln!(out, r#"<text x="{middle}" y="{}" text-anchor="middle">{}</text>"#, HEIGHT - 10.0, self.across)?;
        let lines: [Line; 2] =
            [("theirs", "lambda_http", |point| point.theirs), ("ours", "SippyCup", |point| point.ours)];
        for (class, label, value) in lines {
            let points: Vec<String> =
                self.points.iter().map(|point| format!("{:.1},{:.1}", x(point.x), y(value(point)))).collect();
            writeln!(out, r#"<polyline class="{class}" points="{}"/>"#, points.join(" "))?;
            for point in &self.points {
                writeln!(
                    out,
                    r#"<circle class="{class}" cx="{:.1}" cy="{:.1}" r="2.5"/>"#,
                    x(point.x),
                    y(value(point))
                )?;
            }
            if let Some(last) = self.points.last() {
                let at = y(value(last)) - 8.0;
                writeln!(
                    out,
                    r#"<text class="{class}" x="{:.1}" y="{at:.1}" text-anchor="end">{label}</text>"#,
                    x(last.x)
                )?;
            }
        }
        Ok(())
    }
}

/// Its class, its label, its values.
type Line = (&'static str, &'static str, fn(&Point) -> f64);

/// A round step that gives four to ten of them.
fn step(range: f64) -> f64 {
    let power = 10_f64.powf(range.log10().floor());
    [0.2, 0.5, 1.0].map(|part| part * power).into_iter().find(|step| range / step <= 8.0).unwrap_or(power)
}

/// `2500000` as `2.5 M`.
fn short(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        _ if value >= 1e6 => format!("{} M", value / 1e6),
        _ if value >= 1e4 => format!("{} k", value / 1e3),
        _ => format!("{value}"),
    }
}
