module fairlead/bench/gosnmp-reader

go 1.21

require github.com/gosnmp/gosnmp v1.38.0
