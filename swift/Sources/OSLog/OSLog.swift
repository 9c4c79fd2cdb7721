// Of the module OSLog, what programs write their log with; reading it is not here.
@_exported import os
