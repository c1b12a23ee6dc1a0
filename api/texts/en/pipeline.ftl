# The board of a book's products.
pipeline-title = { $host }: { $products ->
        [one] 1 product
       *[other] { $products } products
    }
pipeline-heading = What { $host } develops
pipeline-as-of = As of { $day }. { $products ->
        [one] 1 product
       *[other] { $products } products
    } in four stages.
pipeline-forecast = At this rate { $products ->
        [one] 1 product is
       *[other] { $products } products are
    } paid for by { $day }.
pipeline-forecast-how = { $collected } were collected this year and { $month } come in a month; one costs { $cost }. { $over } would be over.
pipeline-weekly = A product a week would take { $amount } a month.
pipeline-design = Design
pipeline-design-means = It is designed.
pipeline-facility = Facility
pipeline-facility-means = What it takes to make it is built.
pipeline-optimise = Optimise
pipeline-optimise-means = It is made better and cheaper.
pipeline-market = Market
pipeline-market-means = It is sold, and pays for what comes next.
pipeline-asks-for = The next stage asks for: { $kinds }.
pipeline-nothing = Nothing is there now.
pipeline-product = Product
pipeline-cost = It is to cost
pipeline-has = Set aside or released
pipeline-since = Since { $day }.
pipeline-lacks = { $amount } are missing.
pipeline-milestone = Milestone { $number }
pipeline-assumed = Assumed, not measured: { $percent } % cheaper than what is bought otherwise, at level { $level }.
pipeline-assumed-price = That is { $price } instead of { $benchmark }.
pipeline-stopped = Stopped
pipeline-stopped-on = stopped on { $day }. { $reason }
pipeline-programs = For programs: this page as <json>JSON</json> or <csv>CSV</csv>. <book>The book</book> has every entry.
pipeline-design-files = design files
pipeline-bill-of-materials = a bill of materials
pipeline-build-instructions = instructions to build it
pipeline-test-report = a test report
pipeline-licence = a licence
pipeline-enterprise-plan = an enterprise plan
pipeline-other = something else
