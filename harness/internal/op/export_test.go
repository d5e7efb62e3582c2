package op

