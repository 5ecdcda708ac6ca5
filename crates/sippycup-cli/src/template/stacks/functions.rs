//! Functions of a template: how each is started, and what it is told. Only those that a front door leads to are looked at.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cargo;
use crate::plan::{FunctionPlan, Pair, Said, Seconds};
use crate::template::document::{Entry, Fault, Node, Shape, Span};
use crate::template::model::said;
use crate::template::scope::Scope;
use crate::template::variables::Variables;

/// What the command line says about all functions.
#[derive(Debug)]
pub(crate) struct Wishes<'a> {
    pub(crate) settings: &'a FunctionPlan,
    /// `--run`, by logical ids.
    pub(crate) run: &'a BTreeMap<String, String>,
    /// `--env-vars`.
    pub(crate) variables: &'a Variables,
    /// The functions of `--run` that there are.
    pub(crate) used: RefCell<BTreeSet<String>>,
}

impl Wishes<'_> {
    /// The line that starts a function.
    fn line(&self, scope: &Scope<'_>, id: &str) -> Option<&str> {
        let names = [scope.name_of(id), scope.qualified(id)];
        let (name, line) = names.iter().find_map(|name| self.run.get_key_value(name))?;
        self.used.borrow_mut().insert(name.clone());
        Some(line)
    }
}

/// The plan of a function.
pub(crate) fn plan(scope: &Scope<'_>, id: &str, wishes: &Wishes<'_>) -> Result<Result<FunctionPlan, String>, Fault> {
    let Some(resource) = scope.section("Resources", id) else { return Ok(Err(format!("there is no function `{id}`"))) };
    if !scope.is_there(resource)? {
        return Ok(Err("it is not there, for its condition does not hold".to_owned()));
    }
    let empty = Node::map(resource.span, Vec::new());
    let properties = resource.get("Properties").unwrap_or(&empty);
    let own = |key: &str| properties.get(key).map(|node| scope.value(node)).transpose().map(Option::flatten);
    let (package, handler) = (own("PackageType")?, own("Handler")?);
    check_image(properties, package.as_ref())?;
    let name = scope.name_of(id);
    let line = wishes.line(scope, id);
    let code = match Code::of(scope, &name, resource, properties)? {
        Ok(code) => Some(code),
        Err(_) if line.is_some() => None,
        Err(why) => return Ok(Err(why)),
    };
    let started = match (line, &code) {
        (Some(line), _) => Started::line(line),
        (None, Some(code)) => match code.started(id, &name) {
            Ok(started) => started,
            Err(why) => return Ok(Err(why)),
        },
        (None, None) => return Ok(Err("nothing says how it is started".to_owned())),
    };
    // What is not built yet has no directory.
    let directory = code.as_ref().map(Code::directory).filter(|directory| directory.is_dir());
    let number = |key: &str| own(key)?.map(|node| Ok((node.span, node.number()?))).transpose();
    let timeout = number("Timeout")?.map_or(Ok(DEFAULT_TIMEOUT), |(span, seconds)| {
        let duration = Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero());
        duration.ok_or_else(|| Fault::new(span, "expected a positive number of seconds"))
    })?;
    let memory = number("MemorySize")?.map_or(128.0, |(_, memory)| memory.clamp(1.0, 1e6));
    let mut env = variables(scope, id, properties)?;
    wishes.variables.set(&[&scope.qualified(id), id, &scope.function_name(id)?], &mut env);
    if let Some(handler) = handler {
        env.push(pair("_HANDLER", handler.string()?, handler.span));
    }
    if let Some(polls) = properties.at(&["CapacityProviderConfig", "PerExecutionEnvironmentMaxConcurrency"]) {
        let polls = scope.text(polls)?.unwrap_or_default();
        env.push(pair("AWS_LAMBDA_MAX_CONCURRENCY", &polls, properties.span));
    }
    let restores = properties.at(&["SnapStart", "ApplyOn"]).map(|on| scope.text(on)).transpose()?.flatten();
    let isolation = properties.at(&["TenancyConfig", "TenantIsolationMode"]);
    let isolation = isolation.map(|mode| scope.text(mode)).transpose()?.flatten();
    pass(scope, id, properties);
    let settings = wishes.settings.clone();
    let mut watch = settings.watch.clone();
    for watched in watch.iter_mut().filter(|watched| watched.value == Path::new(".")) {
        // Without a path it is the code of each function.
        watched.value = directory.clone().unwrap_or_else(|| scope.folder.join("."));
    }
    Ok(Ok(FunctionPlan {
        name: said(resource.span, scope.function_name(id)?),
        timeout: Seconds(timeout),
        memory: format!("{memory:.0}").parse().ok(),
        env,
        tenant_isolation: (isolation.as_deref() == Some("PER_TENANT")).then(|| Said::from(true)),
        snap_start: (restores.as_deref() == Some("PublishedVersions")).then(|| Said::from(true)),
        command: started.command,
        build: started.build.clone().filter(|_| !watch.is_empty()).map(Said::from),
        made_by: started.build,
        directory: directory
            .or_else(|| Some(scope.folder.clone()))
            .filter(|directory| !directory.as_os_str().is_empty())
            .map(Said::from),
        logical_id: Some(name),
        watch,
        ..settings
    }))
}

/// An image says itself what other functions are told beside it.
fn check_image(properties: &Node, package: Option<&Node>) -> Result<(), Fault> {
    let is_beside = |key: &&str| properties.get(key).is_some();
    let beside: Vec<_> = ["Runtime", "Handler", "Layers"].into_iter().filter(is_beside).collect();
    if beside.is_empty() || package.and_then(Node::as_text) != Some("Image") {
        return Ok(());
    }
    let beside = beside.join(", ");
    Err(properties.fault(format!("{beside} cannot stand beside `PackageType: Image`, also where `Globals` have it")))
}

/// Where the code of a function is.
struct Code {
    /// A directory, or a file in one.
    path: PathBuf,
    folder: PathBuf,
    runtime: String,
    /// `Metadata.BuildMethod`.
    method: Option<String>,
    binary: Option<String>,
    flags: Vec<String>,
    handler: String,
}

impl Code {
    /// `Err` with a reason where the code is nothing that can be started here.
    fn of(scope: &Scope<'_>, name: &str, resource: &Node, properties: &Node) -> Result<Result<Self, String>, Fault> {
        let help = format!("say how it is started with --run {name}='COMMAND'");
        let own = |key: &str| properties.get(key).map(|node| scope.text(node)).transpose().map(Option::flatten);
        if own("PackageType")?.as_deref() == Some("Image") {
            return Ok(Err(format!("it is an image, and images are not run here; {help}")));
        }
        if properties.get("InlineCode").is_some() || properties.at(&["Code", "ZipFile"]).is_some() {
            return Ok(Err(format!("its code is in the template, in a language that is not run here; {help}")));
        }
        let uri = properties
            .get("CodeUri")
            .or_else(|| properties.get("Code"))
            .map(|uri| scope.value(uri))
            .transpose()?
            .flatten();
        let metadata =
            |path: &[&str]| resource.get("Metadata").and_then(|metadata| metadata.at(path)).and_then(Node::as_text);
        let asset = metadata(&["aws:asset:path"]);
        let path = match (asset, &uri) {
            (Some(path), _) => path,
            (None, Some(uri)) => match uri.as_text() {
                Some(path) if !path.starts_with("s3://") => path,
                _ => match scope.asset(uri) {
                    Some(path) => return Ok(Ok(Self::at(path, scope, resource, own("Runtime")?, own("Handler")?))),
                    None => return Ok(Err(format!("its code is in S3; {help}"))),
                },
            },
            (None, None) => return Ok(Err(format!("it has no `CodeUri`; {help}"))),
        };
        Ok(Ok(Self::at(scope.folder.join(path), scope, resource, own("Runtime")?, own("Handler")?)))
    }

    fn at(path: PathBuf, scope: &Scope<'_>, resource: &Node, runtime: Option<String>, handler: Option<String>) -> Self {
        let metadata = |path: &[&str]| resource.get("Metadata").and_then(|metadata| metadata.at(path));
        let flags = metadata(&["BuildProperties", "Flags"]).map(Node::items).unwrap_or_default();
        let flags = flags.iter().filter_map(Node::as_text);
        Self {
            path,
            folder: scope.folder.clone(),
            runtime: runtime.unwrap_or_default(),
            method: metadata(&["BuildMethod"]).and_then(Node::as_text).map(str::to_owned),
            binary: metadata(&["BuildProperties", "Binary"]).and_then(Node::as_text).map(str::to_owned),
            // Those that choose a target or a profile are for Lambda.
            flags: flags.filter(|flag| flag.contains("features")).map(str::to_owned).collect(),
            handler: handler.unwrap_or_default(),
        }
    }

    fn directory(&self) -> PathBuf {
        match self.path.parent() {
            Some(parent) if self.path.is_file() => parent.to_owned(),
            _ => self.path.clone(),
        }
    }

    /// What `make` builds: the target `build-ID` writes the code of the function into `ARTIFACTS_DIR`.
    fn made(&self, id: &str, name: &str) -> Started {
        let whole = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            path.canonicalize().unwrap_or_else(|_| path.to_owned())
        };
        let artifacts = whole(&self.folder).join(".aws-sam/sippycup").join(name);
        let (code, into) = (whole(&self.path), artifacts.to_string_lossy());
        let [code, into] = [&code.to_string_lossy(), &into].map(|path| cargo::quoted(path));
        let build = format!("mkdir -p {into} && cd {code} && make build-{} ARTIFACTS_DIR={into}", cargo::quoted(id));
        Started { command: vec![artifacts.join("bootstrap").into()], build: Some(build) }
    }

    /// The package and the name of a binary in `target/lambda/NAME`.
    fn of_cargo_lambda(&self) -> Option<(PathBuf, String)> {
        let is_file = self.path.file_stem().is_some_and(|name| name == "bootstrap");
        let directory = if is_file { self.path.parent()? } else { &self.path };
        let named = directory.parent().filter(|parent| parent.ends_with("target/lambda"))?;
        let package = named.parent()?.parent()?;
        let package = if package.as_os_str().is_empty() { Path::new(".") } else { package };
        let package = package.join("Cargo.toml").is_file().then(|| package.canonicalize().ok())??;
        Some((package, directory.file_name()?.to_str()?.to_owned()))
    }

    fn started(&self, id: &str, name: &str) -> Result<Started, String> {
        let is_rust = self.method.as_deref() == Some("rust-cargolambda");
        if !is_rust && !self.runtime.starts_with("provided") {
            let client = match self.runtime.as_str() {
                runtime if runtime.starts_with("python") => format!("python3 -m awslambdaric {}", self.handler),
                runtime if runtime.starts_with("nodejs") => format!("npx aws-lambda-ric {}", self.handler),
                _ => "COMMAND".to_owned(),
            };
            let runtime =
                if self.runtime.is_empty() { "a runtime that the template does not name" } else { &self.runtime };
            return Err(format!("it needs {runtime}; say how it is started with --run {name}='{client}'"));
        }
        // What cargo-lambda has built for Lambda is built for this machine instead.
        if let Some((package, binary)) = self.of_cargo_lambda()
            && let Ok(binary) = cargo::binary(&package, Some(&binary), &self.flags)
        {
            return Ok(Started { command: vec![binary.program.into()], build: Some(binary.build) });
        }
        if self.method.as_deref() == Some("makefile") {
            return Ok(self.made(id, name));
        }
        let executables =
            [self.directory().join("bootstrap"), self.folder.join(".aws-sam/build").join(id).join("bootstrap")];
        if self.path.join("Cargo.toml").is_file() && (is_rust || !self.path.join("bootstrap").is_file()) {
            let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
            let binary = cargo::binary(&path, self.binary.as_deref(), &self.flags)?;
            return Ok(Started { command: vec![binary.program.into()], build: Some(binary.build) });
        }
        match executables.iter().find(|path| path.is_file()) {
            Some(found) => {
                let found = found.canonicalize().unwrap_or_else(|_| found.clone());
                Ok(Started { command: vec![found.into()], build: None })
            }
            None => Err(format!(
                "there is neither a cargo package nor an executable `bootstrap` in {}; build it, or say --run {name}='COMMAND'",
                self.path.display()
            )),
        }
    }
}

struct Started {
    command: Vec<OsString>,
    build: Option<String>,
}

impl Started {
    /// A line of a shell.
    fn line(line: &str) -> Self {
        let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        Self { command: [program, flag, line].map(OsString::from).into(), build: None }
    }
}

/// `Environment.Variables`, as CloudFormation writes scalars.
fn variables(scope: &Scope<'_>, id: &str, properties: &Node) -> Result<Vec<Said<Pair>>, Fault> {
    let environment = properties.get("Environment").map(|node| scope.chosen(node)).transpose()?.flatten();
    let Some(variables) = environment.and_then(|environment| environment.get("Variables")) else {
        return Ok(Vec::new());
    };
    let Some(variables) = scope.chosen(variables)? else { return Ok(Vec::new()) };
    let mut pairs = Vec::new();
    for Entry { key, value: raw, .. } in variables.entries() {
        scope.take_invented();
        let Some(value) = scope.value(raw)? else { continue };
        let text = if value.is_null() { "" } else { value.string()? };
        for name in scope.take_invented() {
            let why = format!("its value stands for `{name}`, which is not here; --parameter {name}=… says another");
            scope.notes.borrow_mut().pass(id, &format!("variable {key}"), &why);
        }
        if text.contains("{{resolve:") {
            let message = format!("`{key}` keeps its `{{{{resolve:…}}}}`, which only AWS can resolve");
            scope.notes.borrow_mut().warn(raw.span, message);
        }
        let written = written(raw);
        if let Some(written) = &written {
            scope
                .notes
                .borrow_mut()
                .warn(raw.span, format_args!("`{key}` is `{written}` on AWS, and here; quotes keep `{text}`"));
        }
        pairs.push(pair(key, written.as_deref().unwrap_or(text), raw.span));
    }
    Ok(pairs)
}

/// How CloudFormation writes a scalar that is no text, if not as it stands there: `yes` as `true`, `1.10` as `1.1`.
fn written(node: &Node) -> Option<String> {
    let Shape::Scalar { text, plain: true } = &node.shape else { return None };
    if let Some(reread) = node.reread() {
        return Some(reread);
    }
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "true" | "false") && *text != lower {
        return Some(lower);
    }
    let is_decimal = text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = text.parse::<f64>().ok().filter(|_| is_decimal)?;
    Some(number.to_string()).filter(|written| written != text)
}

fn pair(name: &str, value: &str, span: Span) -> Said<Pair> {
    Said { value: Pair { name: name.to_owned(), value: value.to_owned() }, span: Some(span.start..span.end) }
}

/// Notes what of a function is not as on AWS.
fn pass(scope: &Scope<'_>, id: &str, properties: &Node) {
    for Entry { key, .. } in properties.entries() {
        let why = match key.as_str() {
            "AutoPublishAlias"
            | "CapacityProviderConfig"
            | "Code"
            | "CodeUri"
            | "Environment"
            | "Events"
            | "FunctionName"
            | "FunctionUrlConfig"
            | "Handler"
            | "InlineCode"
            | "MemorySize"
            | "PackageType"
            | "Runtime"
            | "SnapStart"
            | "TenancyConfig"
            | "Timeout" => continue,
            "Architectures" => "it runs on the processor of this machine",
            "AssumeRolePolicyDocument" | "PermissionsBoundary" | "Policies" | "Role" | "RolePath" => {
                "permissions are not checked; it has the credentials of this shell"
            }
            "Layers" => "layers are not there; --run and --extension can stand in for one",
            "VpcConfig" | "FileSystemConfigs" | "EphemeralStorage" => {
                "it has the network and the files of this machine"
            }
            "ImageConfig" | "ImageUri" => "images are not run here",
            "ReservedConcurrentExecutions" | "ProvisionedConcurrencyConfig" => {
                "--concurrency says how many processes there are"
            }
            _ => "changes no request here",
        };
        scope.notes.borrow_mut().pass(id, key, why);
    }
}

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);
