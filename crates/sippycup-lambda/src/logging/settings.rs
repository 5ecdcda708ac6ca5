//! The settings of the log, from environment variables.

use std::env;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::line::Form;
use crate::{environment, span};

/// What is written, and how.
pub(super) struct Settings {
    pub(super) form: Form,
    pub(super) filter: Targets,
    /// What could not be read.
    pub(super) odd: Vec<String>,
}

impl Settings {
    pub(super) fn from_env() -> Self {
        let variable = |name| env::var(name).ok();
        Self::new(
            variable("AWS_LAMBDA_LOG_FORMAT").as_deref(),
            variable("AWS_LAMBDA_LOG_LEVEL").as_deref(),
            variable("RUST_LOG").as_deref(),
            environment::is_lambda(),
        )
    }

    fn new(format: Option<&str>, level: Option<&str>, directives: Option<&str>, is_on_lambda: bool) -> Self {
        let form = match format {
            Some(format) if format.eq_ignore_ascii_case("JSON") => Form::Json,
            _ if is_on_lambda => Form::Text,
            _ => Form::Readable,
        };
        let mut odd = Vec::new();
        let level =
            level.filter(|level| !level.is_empty()).map_or(Some(LevelFilter::INFO), named).unwrap_or_else(|| {
                odd.push(
                    "expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL in `AWS_LAMBDA_LOG_LEVEL`; it is INFO"
                        .to_owned(),
                );
                LevelFilter::INFO
            });
        let mut filter = Targets::new().with_default(level);
        for directive in directives.unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match directive.parse::<Targets>() {
                Ok(parsed) if !directive.contains(['[', '{']) => {
                    filter = parsed.default_level().into_iter().fold(filter, Targets::with_default);
                    filter.extend(parsed);
                }
                _ => odd.push(format!(
                    "expected directives such as `debug` or `shop=debug` in `RUST_LOG`, found `{directive}`; it is left out"
                )),
            }
        }
        // The span of an invocation is always on, because the ids are in it.
        Self { form, filter: filter.with_target(span::TARGET, LevelFilter::INFO), odd }
    }
}

/// Lambda has one level more than `tracing`: `FATAL`.
fn named(level: &str) -> Option<LevelFilter> {
    let levels = [
        ("TRACE", LevelFilter::TRACE),
        ("DEBUG", LevelFilter::DEBUG),
        ("INFO", LevelFilter::INFO),
        ("WARN", LevelFilter::WARN),
        ("ERROR", LevelFilter::ERROR),
        ("FATAL", LevelFilter::ERROR),
    ];
    levels.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(level)).map(|(_, level)| level)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn enables(level: Option<&str>, directives: Option<&str>) -> [Option<Level>; 2] {
        let filter = Settings::new(None, level, directives, true).filter;
        let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
        ["shop", "hyper"].map(|target| levels.into_iter().find(|level| filter.would_enable(target, level)))
    }

    #[test]
    fn rust_log_stands_over_lambdas_level() {
        for (level, directives, shop, hyper) in [
            (None, None, Some(Level::INFO), Some(Level::INFO)),
            (Some(""), Some(""), Some(Level::INFO), Some(Level::INFO)),
            (Some("DEBUG"), None, Some(Level::DEBUG), Some(Level::DEBUG)),
            (Some("warn"), None, Some(Level::WARN), Some(Level::WARN)),
            (Some("FATAL"), None, Some(Level::ERROR), Some(Level::ERROR)),
            (Some("TRACE"), Some("error"), Some(Level::ERROR), Some(Level::ERROR)),
            (Some("WARN"), Some("shop=debug"), Some(Level::DEBUG), Some(Level::WARN)),
            (Some("WARN"), Some(" trace , hyper=off"), Some(Level::TRACE), None),
            (None, Some("off"), None, None),
            (None, Some("[span]=debug,shop=trace"), Some(Level::TRACE), Some(Level::INFO)),
            (Some("LOUD"), None, Some(Level::INFO), Some(Level::INFO)),
        ] {
            assert_eq!(enables(level, directives), [shop, hyper], "{level:?} {directives:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let odd = |level, directives| Settings::new(None, level, directives, true).odd.len();
        assert_eq!(odd(Some("INFO"), Some("debug,shop=info")), 0);
        assert_eq!(odd(Some("LOUD"), Some("[span]=debug,a=loud,info")), 3);
    }

    #[test]
    fn the_format_is_lambdas_and_readable_elsewhere() {
        for (format, is_on_lambda, form) in [
            (None, true, Form::Text),
            (Some("Text"), true, Form::Text),
            (Some("JSON"), true, Form::Json),
            (Some("json"), true, Form::Json),
            (None, false, Form::Readable),
            (Some("JSON"), false, Form::Json),
        ] {
            assert_eq!(Settings::new(format, None, None, is_on_lambda).form, form);
        }
    }
}
