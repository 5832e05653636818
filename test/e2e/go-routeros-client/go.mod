module fairlead/test/go-routeros-client

go 1.21

require github.com/go-routeros/routeros/v3 v3.0.1
