//! Pages from templates, whose links and forms are made with the base path, as a browser follows them.

use std::sync::LazyLock;

use axum::{
    Form, Router,
    extract::Path,
    response::{Html, Redirect},
    routing::get,
};
use minijinja::{Environment, context};
use serde::Deserialize;
use sippycup::BasePath;

use crate::{browser::Browser, same::same_everywhere};

static TEMPLATES: LazyLock<Environment<'_>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.add_template("shelf.html", SHELF).unwrap();
    templates.add_template("item.html", ITEM).unwrap();
    templates
});

fn app() -> Router {
    Router::new().route("/", get(shelf)).route("/items/{name}", get(item).post(rename))
}

fn page(name: &str, values: minijinja::Value) -> Html<String> {
    Html(TEMPLATES.get_template(name).unwrap().render(values).unwrap())
}

async fn shelf(base: BasePath) -> Html<String> {
    page("shelf.html", context! { base => base.as_str(), items => ["cup", "tea & milk"] })
}

async fn item(base: BasePath, Path(name): Path<String>) -> Html<String> {
    page("item.html", context! { base => base.as_str(), name })
}

#[derive(Deserialize)]
struct Rename {
    to: String,
}

async fn rename(base: BasePath, Form(Rename { to }): Form<Rename>) -> Redirect {
    // Made with the base path too, so that nothing is left to be put in front.
    Redirect::to(&base.join(&format!("/items/{to}")))
}

async fn visit(browser: &mut Browser) {
    let shelf = browser.get("/").await;
    let item = browser.click(&shelf, "tea &amp; milk").await;
    assert!(item.text().contains("<h1>tea &amp; milk</h1>"), "{}", item.text());
    let renamed = browser.fill(&item, "to=mug").await;
    assert!(renamed.text().contains("<h1>mug</h1>"), "{}", renamed.text());
    browser.click(&renamed, "all").await;
}

#[test]
fn links_and_forms_of_templates_lead_to_the_app() {
    same_everywhere(app, &visit);
}

const SHELF: &str = r#"{% for item in items %}<a href="{{ base|safe }}/items/{{ item|replace(" ", "%20")|replace("&", "%26") }}">{{ item }}</a>
{% endfor %}"#;

const ITEM: &str = r#"<h1>{{ name }}</h1><form action="{{ base|safe }}/items/{{ name|length }}" method="post"></form><a href="{{ base|safe }}/">all</a>"#;
