//! What does my app see behind this gateway? Run with `cargo run -p mirror`, or deploy it.

use serde_json::{Value, json};
use sippycup::{
    BasePath, BinaryPolicy, BoxError, SippyCupLayer,
    events::{Event, WarmUp},
};

mod mirror;
mod plan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options = std::env::var("MIRROR_OPTIONS").unwrap_or_default();
    let Options { layer, stream, events, warm_up } = configured(&options)?;
    let mut serve = sippycup::serve(mirror::app()).layer(layer);
    if events {
        serve = serve.events(seen);
    }
    if warm_up {
        serve = serve.warm_up(WarmUp::new());
    }
    if stream {
        serve.streaming().await?
    } else {
        serve.await?
    }
    Ok(())
}

/// What is not HTTP is answered with itself too.
async fn seen(event: Event) -> Result<Value, BoxError> {
    Ok(json!({ "kind": event.kind().as_str(), "event": event.json() }))
}

#[derive(Debug)]
struct Options {
    layer: SippyCupLayer,
    /// Whether answers are streamed.
    stream: bool,
    /// Whether events that are not HTTP are answered.
    events: bool,
    /// Whether pings are answered before everything.
    warm_up: bool,
}

/// What the comma-separated options describe.
fn configured(options: &str) -> Result<Options, BoxError> {
    let mut layer = SippyCupLayer::new();
    let (mut stream, mut events, mut warm_up) = (false, false, false);
    let mut base64 = Vec::new();
    for option in options.split(',').map(str::trim).filter(|option| !option.is_empty()) {
        layer = match option.split_once('=').unwrap_or((option, "")) {
            ("mount-at-resource", "") => layer.mount_at_resource(true),
            ("base-path", path) => layer.base_path(BasePath::try_from(path)?),
            ("no-rewrite-location", "") => layer.rewrite_location(false),
            ("rewrite-cookie-path", "") => layer.rewrite_cookie_path(true),
            ("no-rewrite-cookie-path", "") => layer.rewrite_cookie_path(false),
            ("public-host", host) => layer.public_host(host.parse()?),
            ("forwarded-hops", hops) => layer.forwarded_hops(hops.parse()?),
            ("base64", media_type) => {
                base64.push(media_type.to_owned());
                layer
            }
            ("stream", "") => {
                stream = true;
                layer
            }
            ("events", "") => {
                events = true;
                layer
            }
            ("warm-up", "") => {
                warm_up = true;
                layer
            }
            _ => return Err(format!("unknown option `{option}` in MIRROR_OPTIONS").into()),
        };
    }
    let layer = layer.binary_policy(BinaryPolicy::default().base64_for(base64));
    Ok(Options { layer, stream, events, warm_up })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_or_refused() {
        let all = "mount-at-resource, base-path=/x,no-rewrite-location,rewrite-cookie-path,no-rewrite-cookie-path,\
            public-host=shop.example.com,forwarded-hops=2,base64=image/*,stream,events,warm-up";
        let Options { stream, events, warm_up, .. } = configured(all).unwrap();
        assert!(stream && events && warm_up);
        let Options { stream, events, warm_up, .. } = configured("").unwrap();
        assert!(!stream && !events && !warm_up);
        assert!(configured("streem").is_err());
        for refused in ["base-path=/a b", "public-host=a b", "forwarded-hops=x"] {
            assert!(configured(refused).is_err(), "{refused}");
        }
    }
}
