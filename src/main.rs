fn main() {
    println!("{}", serde_json::to_string_pretty(&kubernaut::api::crds()).unwrap_or_default());
}
