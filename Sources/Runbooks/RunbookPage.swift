extension Runbooks {
    /// The page of an alert in HTML, with links to other runbooks and to the page; nil if there is none.
    ///
    /// Its styles are those of the page.
    package static func html(of alert: String) -> String? {
        guard let markdown = page(of: alert) else { return nil }
        let page = MarkdownPage(String(decoding: markdown, as: UTF8.self), target: target)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(MarkdownText.escape(page.title)) – Faultline</title>
            <link rel="icon" href="../assets/icon.svg">
            <link rel="stylesheet" href="../assets/page.css">
            <link rel="stylesheet" href="../assets/runbook.css">
            </head>
            <body>
            <main>
            <p><a href="../">Faultline</a></p>
            \(page.html)</main>
            </body>
            </html>

            """
    }

    /// Runbooks link each other by file. What else they link is in the documentation, which the daemon doesn't have.
    private static func target(_ link: String) -> String? {
        if link.hasPrefix("#") || link.hasPrefix("https://") { return link }
        let parts = link.split(separator: "#", maxSplits: 1)
        guard let file = parts.first, file.hasSuffix(".md") else { return nil }
        let alert = String(file.dropLast(3))
        guard path(of: alert) != nil else { return nil }
        return parts.count > 1 ? "\(alert)#\(parts[1])" : alert
    }
}
