//! What does my app see behind this gateway? Run with `cargo run -p mirror`, or deploy it.

use sippycup::BoxError;

use self::options::Options;

mod hooks;
mod mirror;
mod options;
mod panics;
mod plan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let options: Options = std::env::var("MIRROR_OPTIONS").unwrap_or_default().parse()?;
    if options.log {
        sippycup::logging::init();
    }
    let (stream, first_byte) = (options.stream, options.first_byte);
    let serve = options.apply(sippycup::serve(panics::Ready::new(mirror::app())));
    match (stream, first_byte) {
        (true, true) => serve.streaming().first_byte().await?,
        (true, false) => serve.streaming().await?,
        (false, _) => serve.await?,
    }
    Ok(())
}
